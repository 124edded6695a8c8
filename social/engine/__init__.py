"""social-core, wrapped: everything between a provider's policy and the user's rows.

- `policy`: the base class of a provider's policy, which proves credentials and returns profiles.
- `backends`: social-core's backends with our checks and transport.
- `strategy`, `pipeline`: a strategy without session and request, and the pipeline's replaced steps.
- `profile`: cleaning of profiles. `failures`: social-core's exceptions as errors of the contract.
"""
