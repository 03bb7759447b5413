"""The push door: what departments and Alertmanager clients send by HTTP."""
