"""Policies decide what scorers measured: rules, three-valued logic, one rule list compiled three ways.

Pure: imports no Django. ``evaluate`` decides one clip, ``numpy_engine`` columns, ``sql`` PostgreSQL rows; the
three agree bit for bit. ``presets``, ``jsonform``, ``diff`` and ``words`` are how people meet a policy.
"""
