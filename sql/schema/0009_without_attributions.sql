-- What opinions were kept in before they had a strength. They are formed anew from the facts.
DROP TABLE IF EXISTS active_attributions, kept_attributions, attributions
