"""social-core, wrapped: everything between a provider's policy and the user's rows.

- `policy`: the base class of a provider's policy, which proves credentials and returns profiles.
- `backends`: social-core's backends with our checks and transport.
- `strategy`: a strategy without session and request, which replaces steps of the pipeline.
- `association_lookup`, `pipeline`: the steps that replace social-core's.
- `profile`: cleaning of profiles. `failures`: social-core's exceptions as errors of the contract.
"""
