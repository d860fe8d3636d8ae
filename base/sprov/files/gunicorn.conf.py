"""How gunicorn runs the API, in place of the arguments in the image's own start script. Runs under Python 2 and 3."""

# assumed: upstream's folder in the image.
chdir = "/provenance-api/src/prov-services"

bind = "0.0.0.0:8082"

# Upstream's figures. Queries over many runs are slow, and a worker answers one request at a time.
workers = 9
timeout = 120

# Shorter than the pod's grace period without its preStop hook.
graceful_timeout = 30

# To the console: upstream writes two files beside the code, which no rotation ever empties.
accesslog = "-"
errorlog = "-"

# In memory: a worker whose sign of life waits for a slow disk is taken for dead.
worker_tmp_dir = "/dev/shm"
