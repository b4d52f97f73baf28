# torch._dynamo.config: switches of a compiler that is not there.
suppress_errors = False
cache_size_limit = recompile_limit = 8
