"""The contract on Django's requests, responses and middleware, for every API framework.

- `operations`: run a declared operation for a request.
- `model_resources`: declare a resource of a Django model; the other `model_*` modules are its parts.
- `requests`, `responses`: read the query and the body; make a response of a reply.
- `failures`, `database`: turn an exception into an answer; recognise an unavailable database.
- `middleware`, `urls`: common headers of all answers; the prefixes at which the APIs are mounted.
- `hosts`: which Hosts are allowed. `pages`: HTML pages that work in any project.
- `logs`, `redaction`: the fields of access lines, request ids, rate limits of log lines; texts without secrets.
"""
