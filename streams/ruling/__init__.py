"""Warning rules at work: events in, episodes of alerts out.

All is pure but the shells `split_agent`, `shards_agent` and `shard_recovery`, which know Kafka, and
what stands in `tools/`. Read these six first, from the rule to the shard:

1. `citybrain/rules/rule.py`: what a rule says; `rulebook.py` reads and checks a city's rules.
2. `condition.py`: the contract of a kind of condition, and `streams/conditions/threshold.py` as an
   example; a condition turns the events of a key into observations.
3. `fold.py`: observations become spells in which the condition held (pending, firing, ended).
4. `tracker.py`: the spells of all keys of one rule, and what changed about them (`Telling`).
5. `rule_run.py`: one rule with its events, keys and time; it drives condition and tracker.
6. `engine.py`: all rules of one shard; excerpts and pulses in, episodes out.

Around the engine: `shard_engines.py` (what happens and exercises, kept apart), `shard.py` (the
state of one partition with its offset), `shard_recovery.py` (brings it up to date after a start),
`split_agent.py` (first stage: envelopes to shards), `shards_agent.py` (second stage: shards tell).

- `intake/`: what comes in: excerpts as columns, how far the flow has come, which events a rule
  looks at, their keys, and the newest of them as evidence.
- `memory/`: what conditions keep of the past: cells, items, windows, signs of life, groups.
- `telling/`: from a spell to an `Episode` in words, and how a failed rule is told.
- `over_alerts/`: rules over other rules' alerts; they run beside the alerts' owner.
- `checks/`: what no type can say about a rule, found when the files are read.
- `tools/`: `citybrain rules …`: tests beside rules, backtest, explain, tables.
"""
