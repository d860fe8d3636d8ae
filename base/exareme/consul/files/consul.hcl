# One server, which is its own cluster. More would stop Exareme: its nodes wait until the list of passing checks is exactly one.
server           = true
bootstrap_expect = 1
# The checks of a server are those of the node that it registers itself as.
node_name = "exareme-consul"
data_dir  = "/consul/data"

# Other servers do not exist, so what servers say to each other stays in the pod.
bind_addr = "127.0.0.1"
# The API, which Exareme's nodes ask without a login. A NetworkPolicy lets in nobody else.
client_addr = "0.0.0.0"
ports {
  http     = 8500
  dns      = -1
  grpc     = -1
  grpc_tls = -1
  serf_wan = -1
}
ui_config {
  enabled = false
}

# Nothing in the cluster reaches the internet from here.
disable_update_check = true
# Only the key-value store is used.
connect {
  enabled = false
}
