"""Payment orders: signed by the payer's device, decided in batches, answered with a receipt."""
