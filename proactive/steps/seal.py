"""seal: number, chain and sign what the database noted in the audit log, and copy the checkpoints to the witnesses."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from proactive.domain.audit import Checkpoint, Signer
from proactive.errors import Temporary, Unreachable
from proactive.ports.clock import Clock
from proactive.ports.witness import Witness
from proactive.store.store import Store

log = structlog.get_logger()

MOST = 5000
LONGEST_UNSEALED = timedelta(minutes=60)
"""When the oldest unsealed leaf is older, nothing is approved or forwarded: what cannot be proved is not done."""


async def seal(*, signer: Signer, witnesses: Sequence[Witness], store: Store, clock: Clock) -> int:
    """Seal once and bring each witness up to date; gives 1 while there may be more to seal."""

    def sign(upto: int, chain: bytes) -> Checkpoint:
        return signer.sign(upto=upto, chain=chain, at=clock.now())

    made = await store.audit.seal(sign, limit=MOST)
    for witness in witnesses:
        await _tell(witness, store)
    return 0 if made is None else 1


async def require_sealed(store: Store) -> None:
    """Raises `Temporary` where the audit log has not been sealed for an hour."""
    if await store.audit.unsealed_for() > LONGEST_UNSEALED:
        raise Temporary(
            "Nhật ký kiểm toán chưa được niêm phong hơn 60 phút: tạm dừng phê duyệt và chuyển hồ sơ. "
            "Đơn vị vận hành cần kiểm tra bộ niêm phong."
        )


async def _tell(witness: Witness, store: Store) -> None:
    try:
        held = await witness.last()
        if held is not None and await store.audit.chain_at(held.upto) != held.chain:
            # A restored backup, or somebody wrote the log anew. The witness keeps what it has.
            log.error("seal.forked", witness=witness.name, upto=held.upto)
            return
        while new := await store.audit.checkpoints(after=held.upto if held else 0):
            await witness.add(new)
            held = new[-1]
    except Unreachable as error:
        log.warning("seal.witness_unreachable", witness=witness.name, why=str(error))
