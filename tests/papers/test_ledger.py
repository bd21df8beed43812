"""Which rows there are, and which an import has met."""

from papers.archive.ledger import UNKNOWN_DIGEST, Ledger, digest


def test_a_key_that_is_known_tells_its_row_and_whether_it_says_something_else():
    ledger = Ledger([("a", 7, 11, True), ("b", 8, 12, True)])
    assert ledger.see("a", digest=11) == (7, False)
    assert ledger.see("b", digest=99) == (8, True)
    assert ledger.see("b", digest=99) == (8, False)
    assert ledger.see("c", digest=1) is None


def test_a_row_without_a_digest_is_looked_at_whatever_the_dump_says():
    ledger = Ledger([("a", 7, None, True)])
    assert ledger.digest_of("a") == UNKNOWN_DIGEST
    assert ledger.see("a", digest=11) == (7, True)


def test_what_was_not_met_is_told():
    ledger = Ledger([("a", 1, 1, True), ("b", 2, 1, True), ("c", 3, 1, False)])
    ledger.see("b", digest=1)
    ledger.add("d", 4, digest=1)
    assert list(ledger.unseen()) == [1, 3]
    assert [ledger.is_seen(key) for key in "abcde"] == [False, True, False, True, False]
    assert (len(ledger), ledger.id_of("d"), ledger.id_of("e"), "d" in ledger) == (4, 4, None, True)
    assert ledger.stated_before() == (1, 1)


def test_a_row_that_could_not_be_used_is_stated_and_not_met():
    ledger = Ledger([("a", 1, 1, True), ("b", 2, 1, False)])
    for key in "abc":
        ledger.name(key)
    assert (list(ledger.unseen()), ledger.is_seen("a"), ledger.stated_before(), "c" in ledger) == ([], False, (1, 0), False)


def test_a_row_gets_another_key_and_is_looked_at():
    ledger = Ledger([("a", 1, 11, True), ("b", 2, 1, True)])
    ledger.rename("a", "c")
    ledger.enter("d", 4)
    assert [key in ledger for key in "abcd"] == [False, True, True, True]
    assert list(ledger.unseen()) == [1, 2, 4]
    assert (ledger.see("c", digest=11), ledger.see("d", digest=1)) == ((1, True), (4, True))
    assert ledger.stated_before() == (1, 1)


def test_a_digest_is_a_number_that_a_column_holds_and_never_the_unknown_one():
    numbers = {digest(str(number).encode()) for number in range(2000)}
    assert len(numbers) == 2000
    assert all(-(2**63) <= number < 2**63 for number in numbers)
    assert UNKNOWN_DIGEST not in numbers
