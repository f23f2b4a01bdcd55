"""Whatever a target answers, the client ends in an answer or in an error of ours; and a filter value is never more."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from provisor.connectors.scim.answers import Reply, read_created, read_deleted, read_list, read_reply, read_updated
from provisor.connectors.scim.listing import Listing
from provisor.connectors.scim.masking import excerpt, masked
from provisor.connectors.scim.requests import find_request, get_request
from provisor.connectors.scim.tenant_url import TenantUrl, parse_tenant_url
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.errors import JobFailed, Reject, Transient
from provisor.ports.http import HttpAnswer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
URL = "https://scim.contoso.example/scim/v2/Users"
PATHS = ("userName", "name.givenName", 'emails[type eq "work"].value', "manager", "active")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
names = st.sampled_from(
    ["Resources", "totalResults", "nextCursor", "id", "detail", "scimType", "status", "name", "emails", "userName"]
) | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6), max_leaves=20
)
bodies = st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode())
headers = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "location"]),
    st.sampled_from(["application/scim+json", "text/html", "-1", "1e400", "Infinity", "/Users/", "Mon, 99"])
    | st.text(max_size=20),
)
answers = st.builds(HttpAnswer, st.integers(100, 599), headers, bodies)


@given(answers)
def test_every_answer_can_be_read(answer: HttpAnswer) -> None:
    """Arbitrary statuses, headers and bodies lead to an answer with its code, or to an error with its remedy."""
    reply = read_reply(answer, NOW, ["secret"])
    assert reply.retry_after_seconds is None or 0 <= reply.retry_after_seconds <= 86_400
    results: list[TargetAnswer] = [read_deleted(reply, "42")]
    faults: list[Transient | JobFailed] = []
    for read in (
        lambda: read_updated("User", reply, "42", PATHS),
        lambda: read_created("User", reply, PATHS, URL),
    ):
        try:
            results.append(read())
        except (Transient, JobFailed) as error:
            faults.append(error)
    assert all(fault.remedy and fault.code for fault in faults)
    for result in results:
        assert (result.kind is AnswerKind.DONE) == (result.error_code == "")
        assert len(result.message) < 1000
    with suppress(JobFailed):
        page = read_list(reply, URL)
        assert all(isinstance(resource["id"], str) and resource["id"] for resource in page.resources)


@given(st.lists(st.lists(st.integers(0, 12), max_size=5), min_size=1, max_size=4), st.integers(0, 40) | st.none())
def test_every_listing_ends(pages: list[list[int]], total: int | None) -> None:
    """However senselessly a target pages, the listing ends after a bounded number of requests."""
    listing = Listing()
    requests = 0
    with suppress(JobFailed):
        while not listing.is_finished:
            ids = pages[requests % len(pages)]
            body = {"totalResults": total, "Resources": [{"id": str(number)} for number in ids]}
            listing.accept(read_list(Reply(200, content=body), URL))
            requests += 1
            assert requests <= 100
            assert listing.start >= 1


@given(st.text(max_size=60))
def test_a_value_is_one_literal_of_the_filter(value: str) -> None:
    """No value can leave its quotes, end the query string or add a parameter."""
    request = find_request(TenantUrl("https://a.example", "flag"), "User", "userName", value, ())
    query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    assert set(query) == {"filter", "flag"}
    text = query["filter"][0]
    assert text.startswith("userName eq ")
    assert json.loads(text.removeprefix("userName eq ")) == value


@given(st.text(min_size=1, max_size=40))
def test_an_id_is_one_segment_of_the_path(target_id: str) -> None:
    """No id that a target makes up can lead to another resource."""
    url = get_request(TenantUrl("https://a.example/v2"), "User", target_id, ()).url
    segments = urlsplit(url).path.split("/")
    assert segments[:3] == ["", "v2", "Users"]
    assert len(segments) == 4
    assert segments[3] not in {"", ".", ".."}


@given(st.text(max_size=80))
def test_any_text_is_a_tenant_url_or_refused(text: str) -> None:
    """Whatever is pasted is refused, or becomes a URL without a trailing slash."""
    for candidate in (text, f"https://{text}", f"https://a.example/{text}"):
        with suppress(Reject):
            tenant = parse_tenant_url(candidate)
            assert not tenant.base.endswith("/")
            assert parse_tenant_url(tenant.with_path("")) == tenant


@given(st.text(max_size=400), st.text(min_size=6, max_size=30, alphabet="abcdefghijk0123456789"))
def test_a_known_secret_is_never_shown(text: str, secret: str) -> None:
    """Wherever a known secret stands in an answer, it is not in what people see."""
    shown: Any = masked(f"{text[:200]}{secret}{text[200:]}", [secret])
    assert secret not in shown
    assert "\n" not in shown
    assert len(excerpt(text.encode(), [secret])) <= 200
