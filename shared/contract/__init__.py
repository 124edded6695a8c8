"""The contract (docs/contract.md) in code, without Django.

- `resources`, `bodies`, `fields`: the types of a declaration.
- `declarations`: the declared resources. Other apps add theirs to its `registry`. `answers` and `descriptions` are
  parts of the declarations; `curl` makes a command of one.
- `declaring`, `dialects`: declaring a resource of functions in a few lines, and how its answers are written.
- `sign_up`: the fields of a sign-up, and the `Credential` that they form.
- `authorization`, `wire`, `paging`: parsing headers, bodies and query parameters; encoding bodies.
- `errors`, `replies`: the error tree, and an answer before a framework renders it.
- `error_guidance`: the advice on each error code for developers of apps.
- `differences`: what may differ between two versions' answers, and the comparison.
"""
