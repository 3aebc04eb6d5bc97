"""Yuebao turns a shared mailbox into the monthly reporting desk of an action plan.

The flows, each one module in :mod:`pipeline.flows`::

    ingest    mailbox.poll | archive.keep | parse | screen | unpack | read | identify | extract | match | file
    remind    ledger.facts | duties due at NOW | compose | enqueue
    deliver   claim | send | settle
    publish   ledger.facts | summary | render | compose | enqueue
    review    question | decision | remember | file again
    replay    archive + config + decisions -> the same ledger

The floors, lowest first; a module imports only from below, rooms on one floor do not know each other,
and ``tests/unit/test_architecture.py`` keeps it so::

    words     model errors text periods workdays forms
    bytes     mail readers
    meaning   understanding plan digest
    hands     adapters
    verbs     flows
    root      app
    doors     cli web (and scheduler.py)

mail, readers, understanding, plan and digest are pure: no clock, disk, network, process or randomness.
"""
