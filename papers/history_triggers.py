"""The triggers that write `Change` rows, as SQL for migrations."""

from collections.abc import Iterable

FUNCTIONS = """
CREATE FUNCTION papers_json_less(a jsonb, b jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}'::jsonb) FROM jsonb_each(a) WHERE value IS DISTINCT FROM b -> key
$$;

-- What is said in a row: without its keys, its clock and the import's own notes.
CREATE FUNCTION papers_content(row_as_json jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT row_as_json - ARRAY['id', 'public_id', 'created_at', 'updated_at', 'archive_digest', 'archive_dumps']
$$;

-- The owner of the tables may say that it writes the history itself, in bulk; the runtime role can say so in vain.
CREATE FUNCTION papers_is_bulk(relation oid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('portal.bulk', true), '') = 'on'
        AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = relation), 'USAGE')
$$;

CREATE FUNCTION papers_add_change(relation text, subject uuid, what text, before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    acting jsonb := coalesce(nullif(current_setting('portal.acting', true), ''), '{}')::jsonb;
BEGIN
    INSERT INTO papers_change ("table", object_id, action, actor_id, via, origin, old, new)
    VALUES (relation, subject, what, (acting ->> 'actor')::bigint, coalesce(acting ->> 'via', 'database'),
            coalesce(acting ->> 'origin', ''), before, after);
END
$$;

CREATE FUNCTION papers_record_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    before jsonb := papers_json_less(papers_content(old_row), papers_content(new_row));
    after jsonb := papers_json_less(papers_content(new_row), papers_content(old_row));
    known jsonb := CASE WHEN TG_OP = 'DELETE' THEN old_row ELSE new_row END;
BEGIN
    IF papers_is_bulk(TG_RELID) OR (before = '{}' AND after = '{}') THEN
        RETURN NULL;
    END IF;
    PERFORM papers_add_change(TG_TABLE_NAME, coalesce(known ->> 'public_id', known ->> 'target')::uuid, CASE
        WHEN TG_OP = 'INSERT' THEN 'created'
        WHEN TG_OP = 'DELETE' THEN 'deleted'
        WHEN old_row ->> 'removed_at' IS NULL AND new_row ->> 'removed_at' IS NOT NULL THEN 'removed'
        WHEN old_row ->> 'removed_at' IS NOT NULL AND new_row ->> 'removed_at' IS NULL THEN 'restored'
        ELSE 'changed' END, before, after);
    RETURN NULL;
END
$$;

-- Arguments: table and column of the thing that owns the link, table and column of what it links.
CREATE FUNCTION papers_record_link() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) - 'id' END;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) - 'id' END;
    known jsonb := CASE WHEN TG_OP = 'DELETE' THEN old_row ELSE new_row END;
    subject uuid;
    item uuid;
BEGIN
    IF papers_is_bulk(TG_RELID) OR old_row = new_row THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT public_id FROM %I WHERE id = $1', TG_ARGV[0]) INTO subject USING (known ->> TG_ARGV[1])::bigint;
    EXECUTE format('SELECT public_id FROM %I WHERE id = $1', TG_ARGV[2]) INTO item USING (known ->> TG_ARGV[3])::bigint;
    old_row := old_row - TG_ARGV[1];
    new_row := new_row - TG_ARGV[1];
    PERFORM papers_add_change(TG_TABLE_NAME, subject,
        CASE TG_OP WHEN 'INSERT' THEN 'linked' WHEN 'DELETE' THEN 'unlinked' ELSE 'changed' END,
        CASE WHEN old_row = '{}' THEN old_row ELSE old_row || jsonb_build_object(TG_ARGV[3], item) END,
        CASE WHEN new_row = '{}' THEN new_row ELSE new_row || jsonb_build_object(TG_ARGV[3], item) END);
    RETURN NULL;
END
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION papers_record_link();
DROP FUNCTION papers_record_change();
DROP FUNCTION papers_add_change(text, uuid, text, jsonb, jsonb);
DROP FUNCTION papers_is_bulk(oid);
DROP FUNCTION papers_content(jsonb);
DROP FUNCTION papers_json_less(jsonb, jsonb);
"""

Link = tuple[str, str, str, str, str]
"""A table of links; table and column of the thing that owns the link; table and column of what it links."""


def watch(*, rows: Iterable[str], links: Iterable[Link]) -> str:
    """SQL that has every later change of these tables recorded."""
    on = "CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION {};"
    lines = [on.format(table, "papers_record_change()") for table in rows]
    for table, *arguments in links:
        lines.append(on.format(table, "papers_record_link({})".format(", ".join(f"'{word}'" for word in arguments))))
    return "\n".join(lines)


def unwatch(*, rows: Iterable[str], links: Iterable[Link]) -> str:
    """SQL that undoes `watch`."""
    return "\n".join(f"DROP TRIGGER record_change ON {table};" for table in [*rows, *(link[0] for link in links)])
