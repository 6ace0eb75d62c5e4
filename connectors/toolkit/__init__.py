"""What every connector needs: guarded input, encodings, tables, dates, money, identity.

Lives here: the guards against hostile files and the small grammars the formats share. Does not live
here: anything that knows one particular source.
"""
