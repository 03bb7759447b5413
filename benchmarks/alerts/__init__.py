"""Warning rules and alerts: how quickly a person hears, at which load, and what each rule costs."""
