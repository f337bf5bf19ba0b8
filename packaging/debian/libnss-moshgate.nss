# The last that is asked who a user is.
passwd last moshgate
