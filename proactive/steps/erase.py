"""erase: forget, in batches, what is kept no longer (rules/privacy), and what people asked to have erased.

Nothing that is under way is touched. Of a dossier first goes what it says of its citizen; whose it was is forgotten
when the service's window is over, because until then the occasion is what keeps anyone from being told twice.
"""

from collections import Counter

from proactive.domain.dossier import State
from proactive.domain.rights import Asked, RightsRequest, move_request
from proactive.ports.clock import Clock
from proactive.store.erasing import SIMPLE
from proactive.store.store import Store
from rules.privacy import Privacy, PrivacyRules

KEPT_BY_STATE = {
    State.MOOT: "moot", State.ENDED: "ended", State.REFUSED: "refused", State.CLOSED: "closed",
}  # fmt: skip
ON_REQUEST = (State.MOOT, State.ENDED)
"""What nobody needs any more to answer for a decision; decided dossiers are kept for their time."""
SYSTEM = "system"


async def erase(*, privacy: Privacy, store: Store, clock: Clock, limit: int) -> Counter[str]:
    """One batch of each kind; gives how many of each were erased. Some are left where a count is `limit`."""
    now, today = clock.now(), clock.today()
    rules = privacy.on(today)
    done = Counter[str]()
    for request in await store.rights.granted(limit=limit):
        done["requests"] += await _granted(request, rules, store=store, clock=clock)
    before = {str(state): rules.kept_until(word, now) for state, word in KEPT_BY_STATE.items()}
    if due := await store.erasing.due(before, today=today, limit=limit):
        done["dossiers"] += await store.erasing.dossiers(due, now=now, today=today)
    done["cases"] += await store.erasing.cases(before=rules.kept_until("case", now), now=now, limit=limit)
    done["tickets"] += await store.erasing.tickets(before=rules.kept_until("ticket", now), limit=limit)
    for what in SIMPLE:
        done[f"{what}s"] += await store.erasing.simple(what, before=rules.kept_until(what, now), limit=limit)
    done["documents"] += await store.documents.tidy(before=rules.kept_until("document", now))
    return +done


async def _granted(request: RightsRequest, rules: PrivacyRules, *, store: Store, clock: Clock) -> int:
    """Erase what may be erased of one person, and say what was and what was not."""
    now, today = clock.now(), clock.today()
    own = await store.erasing.wishes(request.subject)
    ids = await store.erasing.of_subject(request.subject, [str(state) for state in ON_REQUEST])
    gone = await store.erasing.dossiers(ids, now=now, today=today) if ids else 0
    kept = len(await store.erasing.of_subject(request.subject, [str(s) for s in State if s not in ON_REQUEST]))
    days = rules.numbers["keep_closed_days"]
    said = f"Đã xóa nội dung của {gone} hồ sơ và {own} mục ông/bà đã cung cấp (thư điện tử, ngôn ngữ, giấy tờ)."
    if kept:
        said += f" {kept} hồ sơ đang giải quyết hoặc đã có quyết định được giữ đến hết thời hạn lưu ({days} ngày)."
    return int(await store.rights.keep(move_request(request, Asked.DONE, by=SYSTEM, now=now, answer=said)))
