"""Who hears of an alert, when and how: matchers, mutes, routes, rota, templates; pure."""
