"""Payments: who takes part, who holds accounts, and the orders that move money between them.

    directory   participants, parties, devices, addresses, confirmation of payee
    orders      signed orders, decided in batches, answered with a receipt
    qr          payment codes of this country and its neighbours
The door is `service.Payments`, which wiring builds; over HTTP it is `api`.
"""
