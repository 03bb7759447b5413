"""The process `citybrain notify`: sends what the alerts' owner wants told, and notes receipts.

Who hears of what is decided in `citybrain.notices`; here it is sent, once, by one of several
senders.
"""
