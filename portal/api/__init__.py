"""The REST API v1 of the old site, as far as it reads: per noun a serializer and a viewset. Querysets come from the apps."""
