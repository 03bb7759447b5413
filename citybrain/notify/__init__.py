"""Who hears of an alert, when and how: matchers, silences, inhibition, routes, rota, channels."""
