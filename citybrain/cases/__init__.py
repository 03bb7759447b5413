"""Cases: matters that somebody owns until they are done and checked; pure, time is an argument.

A city's workflows are data (`workflow_files`); the engine (`case_engine`) makes of a case, a
command and an instant the steps that follow, or a refusal with its reason.
"""
