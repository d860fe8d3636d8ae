"""A Kubernetes control plane of real programs, without containers: etcd, kube-apiserver and kube-controller-manager.

``clusters`` in ``cluster.py`` starts as many as a test wants; everything listens on loopback alone and is gone with the run.
"""
