"""Delivery: claim, send, record. Messages leave through two doors: the outbox (staff) and the ledger (people hit)."""
