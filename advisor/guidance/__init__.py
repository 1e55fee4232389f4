"""From matching rules to a decision: verdict, brief, script, and the guards no pack overrides.

Every item and every suppressed item carries its reason.
"""
