"""What a sign-in costs, side by side: Tandem, its peers and a bare Django view, against one local provider.

It sees each of them from outside, as a process that answers over HTTP.
"""
