"""From raw rows to events: whole columns, no clock, no bus; whatever they hold, no exception."""
