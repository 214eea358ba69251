"""Where money is real: what a demonstration allows, and a country does not."""

from __future__ import annotations

from pathlib import Path

from tests.web.api.conftest import founded, running
from tests.web.api.people import Holder, new_id, problem_of


async def test_a_phone_number_that_nobody_proved_leads_to_no_account(
    tmp_path: Path, keys_folder: Path, database_url: str
) -> None:
    async with running(tmp_path / "data", keys_folder, database_url, demo=False) as here:
        town = await founded(here)
        squatter, owner = Holder(town.client), Holder(town.client)
        answer = await squatter.send("/wallets", squatter.wallet_request(phone="02055551234"))
        problem_of(answer, 422, "payments.phone_unproved")
        await town.issuer.open_account(owner, phone="02055551234")
        payer = await town.person()
        found = await payer.ask("/payees", {"address": "02055551234"})
        assert found.json()["payee"] == owner.account


async def test_nobody_gives_money_to_strangers(
    tmp_path: Path, keys_folder: Path, database_url: str
) -> None:
    async with running(tmp_path / "data", keys_folder, database_url, demo=False) as here:
        town = await founded(here)
        holder = await town.person()
        wish = {"id": new_id(), "account": holder.account, "amount_minor": 1}
        assert (await holder.ask("/demo/top-ups", wish)).status_code == 404
