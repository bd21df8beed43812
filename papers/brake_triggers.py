"""The brakes, as SQL for migrations: no account changes more of the catalogue than its limits, whichever way it comes.

The function that writes a change (papers/history_triggers.py) counts before it writes: forms, API, administration and whatever
is built later are held alike, and the transaction that goes too far leaves nothing. Limits come with who acts
(`papers.history.acting`); a session that names somebody without limits has the tightest. What nobody with an account does
(imports, commands, workers) is not counted.

A change also keeps the keys of its row, by which it can be undone (papers/reverting.py): of a row that goes all that its content
leaves out, of a link what it links.
"""

from papers.history_triggers import FUNCTIONS as HISTORY

REFUSED = "PT429"
"""The SQLSTATE with which a brake breaks a transaction off; the detail is JSON: actor, kind, most, hours."""

FUNCTIONS = f"""
-- Of a row what its content leaves out.
CREATE FUNCTION papers_keys(row_as_json jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT row_as_json - ARRAY(SELECT jsonb_object_keys(papers_content(row_as_json)))
$$;

-- What of a change is counted; null for what adds or brings back. A paper told to be another's second row, and a thing told to be
-- spam, are hidden: as good as removed. A cell whose number alone changed was judged anew with its column: nobody's edit.
CREATE FUNCTION papers_brake_kind(via text, relation text, what text, before jsonb, after jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN via = 'revert' THEN 'reverts'
        WHEN what IN ('removed', 'deleted', 'unlinked') THEN 'deletions'
        WHEN what <> 'changed' THEN NULL
        WHEN after ->> 'spam_reason' <> '' OR after ->> 'duplicate_of_id' IS NOT NULL THEN 'deletions'
        WHEN relation = 'leaderboards_score' AND before -> 'raw' = after -> 'raw' THEN NULL
        ELSE 'edits' END
$$;

CREATE FUNCTION papers_brake(who bigint, kind text, subject uuid, limits jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    hours integer := coalesce((limits ->> 'hours')::integer, 24);
    standing text := (SELECT CASE WHEN is_staff THEN 'staff' ELSE role END FROM accounts_user WHERE id = who);
    most integer := coalesce((limits -> coalesce(standing, 'reader') ->> kind)::integer, 20);
    lifted timestamptz := (SELECT until FROM papers_brakelift WHERE account_id = who ORDER BY id DESC LIMIT 1);
    others bigint;
BEGIN
    IF lifted > clock_timestamp() THEN
        RETURN;
    END IF;
    SELECT count(DISTINCT object_id) INTO others FROM papers_change
    WHERE actor_id = who AND at > greatest(clock_timestamp() - make_interval(hours => hours), lifted)
        AND keys ->> 'brake' = kind AND object_id IS DISTINCT FROM subject;
    IF others >= most THEN
        RAISE EXCEPTION 'a brake holds account %', who USING ERRCODE = '{REFUSED}', DETAIL = jsonb_build_object(
            'actor', who, 'kind', kind, 'most', most, 'hours', hours)::text;
    END IF;
END
$$;

CREATE FUNCTION papers_add_change(relation text, subject uuid, what text, before jsonb, after jsonb, row_keys jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    acting jsonb := coalesce(nullif(current_setting('portal.acting', true), ''), '{{}}')::jsonb;
    who bigint := (acting ->> 'actor')::bigint;
    way text := coalesce(acting ->> 'via', 'database');
    kind text := CASE WHEN who IS NOT NULL THEN papers_brake_kind(way, relation, what, before, after) END;
BEGIN
    IF kind IS NOT NULL THEN
        IF kind <> 'reverts' THEN -- they are counted once an action, before it begins (papers/reverting.py): it is bounded itself
            PERFORM papers_brake(who, kind, subject, acting -> 'limits');
        END IF;
        row_keys := coalesce(row_keys, '{{}}') || jsonb_build_object('brake', kind);
    END IF;
    INSERT INTO papers_change ("table", object_id, action, actor_id, via, origin, old, new, keys)
    VALUES (relation, subject, what, who, way, coalesce(acting ->> 'origin', ''), before, after, row_keys);
END
$$;

CREATE OR REPLACE FUNCTION papers_add_change(relation text, subject uuid, what text, before jsonb, after jsonb) RETURNS void
LANGUAGE sql AS $$ SELECT papers_add_change(relation, subject, what, before, after, NULL) $$;

CREATE OR REPLACE FUNCTION papers_record_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{{}}'::jsonb ELSE to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}'::jsonb ELSE to_jsonb(NEW) END;
    before jsonb := papers_json_less(papers_content(old_row), papers_content(new_row));
    after jsonb := papers_json_less(papers_content(new_row), papers_content(old_row));
    known jsonb := CASE WHEN TG_OP = 'DELETE' THEN old_row ELSE new_row END;
BEGIN
    IF papers_is_bulk(TG_RELID) OR (before = '{{}}' AND after = '{{}}') THEN
        RETURN NULL;
    END IF;
    PERFORM papers_add_change(TG_TABLE_NAME, coalesce(known ->> 'public_id', known ->> 'target')::uuid, CASE
        WHEN TG_OP = 'INSERT' THEN 'created'
        WHEN TG_OP = 'DELETE' THEN 'deleted'
        WHEN old_row ->> 'removed_at' IS NULL AND new_row ->> 'removed_at' IS NOT NULL THEN 'removed'
        WHEN old_row ->> 'removed_at' IS NOT NULL AND new_row ->> 'removed_at' IS NULL THEN 'restored'
        ELSE 'changed' END, before, after,
        CASE WHEN TG_OP = 'DELETE' THEN papers_keys(old_row) ELSE jsonb_build_object('id', known -> 'id') END);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION papers_record_link() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{{}}'::jsonb ELSE to_jsonb(OLD) - 'id' END;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}'::jsonb ELSE to_jsonb(NEW) - 'id' END;
    known jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
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
        CASE WHEN old_row = '{{}}' THEN old_row ELSE old_row || jsonb_build_object(TG_ARGV[3], item) END,
        CASE WHEN new_row = '{{}}' THEN new_row ELSE new_row || jsonb_build_object(TG_ARGV[3], item) END,
        jsonb_build_object('id', known -> 'id', TG_ARGV[1], known -> TG_ARGV[1], TG_ARGV[3], known -> TG_ARGV[3]));
    RETURN NULL;
END
$$;
"""

UNDO = f"""
{HISTORY.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
DROP FUNCTION papers_add_change(text, uuid, text, jsonb, jsonb, jsonb);
DROP FUNCTION papers_brake(bigint, text, uuid, jsonb);
DROP FUNCTION papers_brake_kind(text, text, text, jsonb, jsonb);
DROP FUNCTION papers_keys(jsonb);
"""
