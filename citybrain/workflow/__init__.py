"""The workflow kit: what every record with a life of its own shares; pure, time is an argument.

Alerts are such records, and cases. A subject declares a `Workflow` (its states and `Action`s), or
makes it of data; the kit gives it steps with versions, folds them, refuses commands in one order,
and asks one scope.
"""
