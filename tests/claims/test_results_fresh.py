"""Every stored result is complete and belongs to the code that is here."""

from course_lib.claims import check, known, read, results


def test_every_stored_result_is_fresh_and_belongs_to_a_claim():
    claims = {claim.file: claim for claim in known().values()}
    stored = [f for kind in ("claims", "figures") for f in (results() / kind).glob("*.json")]
    assert stored, "no result is stored"
    for file in stored:
        result = read(file)
        assert file in claims, f"no claim stores {file.name}"
        assert result.sentence == claims[file].sentence, f"{file.name} says something else"
    stale = [claims[file].key for file in stored if check(claims[file]) != "fresh"]
    assert stale == [], "run `course claims check --probe`, then `course claims run` what is left"
