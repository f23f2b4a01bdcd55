"""One person on the way through the stages: matched, evaluated, sent, finished, stored. Who comes when is not known."""
