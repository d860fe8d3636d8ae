"""Clusters: an API server and a controller manager each, over one etcd in which each has a prefix of its own."""

import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gitops.adapters import toolchain
from tests.e2e.control_plane.api import Api
from tests.e2e.control_plane.certificates import Authority, KeyPair, Use
from tests.e2e.control_plane.kubectl import Kubectl
from tests.e2e.control_plane.ports import LOOPBACK, free_ports
from tests.e2e.control_plane.processes import Processes, Server

# What the dry run needs of it: `default` service accounts, and the status without which a quota refuses every pod.
ACCOUNTS_AND_QUOTAS = ("serviceaccount-controller", "resourcequota-controller")
_SERVICES = "10.96.0.0/16"
_FIRST_SERVICE = "10.96.0.1"
_ISSUER = "https://kubernetes.default.svc.cluster.local"
_PROBE_LIMIT = 5.0


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of the control plane, as ``tools/toolchain`` pins them."""

    etcd: Path
    api_server: Path
    controller_manager: Path
    kubectl: Path

    @classmethod
    def installed(cls, root: Path) -> "Programs":
        """Raises ``UserError`` where one is not built yet."""
        names = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
        return cls(*(toolchain.find(root, name).path for name in names))


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running one; ``kubeconfig`` is that of a member of system:masters, ``folder`` holds logs and keys."""

    name: str
    folder: Path
    address: str
    authority: Authority
    kubeconfig: Path
    api: Api
    kubectl: Kubectl

    def version(self) -> str:
        """The full version that its API server tells, without the ``v``."""
        return str(self.api.call("GET", "/version").body["gitVersion"]).removeprefix("v")


@contextmanager
def clusters(
    programs: Programs,
    folder: Path,
    names: Sequence[str],
    controllers: Sequence[str] = ACCOUNTS_AND_QUOTAS,
    api_server_options: Sequence[str] = (),
) -> Iterator[Mapping[str, Cluster]]:
    """Empty clusters by name, for the length of a block; logs and keys stay in ``folder``, which is emptied first.

    ``controllers`` are those of the controller manager that run; ``("*",)`` is what it runs of itself. ``api_server_options``
    are added to those of the API servers.
    Raises ``StartFailed``.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = folder / ".etcd"  # no environment has such a name
    try:
        with Processes(folder) as processes:
            etcd = _start_etcd(processes, programs.etcd, data)
            plans = [_Plan.prepare(name, folder / name) for name in names]
            processes.start(*(plan.api_server(programs.api_server, etcd, api_server_options) for plan in plans))
            processes.start(*(plan.controller_manager(programs.controller_manager, controllers) for plan in plans))
            running = {plan.name: plan.cluster(programs.kubectl) for plan in plans}
            try:
                yield running
            finally:
                for cluster in running.values():
                    cluster.api.close()
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _start_etcd(processes: Processes, program: Path, data: Path) -> str:
    client, peer = (f"http://{LOOPBACK}:{port}" for port in free_ports(2))
    arguments = (
        program,
        f"--data-dir={data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",  # the data live as long as the run
        "--log-level=warn",
    )
    processes.start(Server("etcd", arguments, lambda: _answers(f"{client}/readyz", None)))
    return client


@dataclass(frozen=True, slots=True)
class _Plan:
    """A cluster before it runs: its ports, keys and kubeconfigs."""

    name: str
    folder: Path
    port: int
    manager_port: int
    authority: Authority
    admin: KeyPair
    context: ssl.SSLContext

    @classmethod
    def prepare(cls, name: str, folder: Path) -> "_Plan":
        port, manager_port = free_ports(2)
        authority = Authority(folder / "pki")
        admin = authority.issue("admin", "/O=system:masters/CN=e2e-admin", Use.CLIENT)
        context = ssl.create_default_context(cafile=str(authority.pair.certificate))
        context.load_cert_chain(admin.certificate, admin.key)
        return cls(name, folder, port, manager_port, authority, admin, context)

    @property
    def address(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"

    def api_server(self, program: Path, etcd: str, options: Sequence[str]) -> Server:
        names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", _ISSUER.removeprefix("https://")]
        listed = [*(f"DNS:{name}" for name in names), f"IP:{LOOPBACK}", f"IP:{_FIRST_SERVICE}"]
        serving = self.authority.issue("api-server", "/CN=kube-apiserver", Use.SERVER, listed)
        proxy = self.authority.issue("front-proxy", "/CN=front-proxy-client", Use.CLIENT)
        private, public = self.authority.signing_key("service-accounts")
        arguments = (
            program,
            f"--etcd-servers={etcd}",
            f"--etcd-prefix=/{self.name}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={self.port}",
            f"--advertise-address={LOOPBACK}",  # it refuses to find out that it listens on loopback alone
            "--endpoint-reconciler-type=none",
            f"--service-cluster-ip-range={_SERVICES}",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",  # what kubeadm sets; pod security says who may
            "--anonymous-auth=false",
            f"--client-ca-file={self.authority.pair.certificate}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--service-account-issuer={_ISSUER}",
            f"--service-account-key-file={public}",
            f"--service-account-signing-key-file={private}",
            f"--requestheader-client-ca-file={self.authority.pair.certificate}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={proxy.certificate}",
            f"--proxy-client-key-file={proxy.key}",
        )
        return Server(
            f"{self.name}/kube-apiserver", (*arguments, *options), lambda: _answers(f"{self.address}/readyz", self.context)
        )

    def controller_manager(self, program: Path, controllers: Sequence[str]) -> Server:
        client = self.authority.issue("controller-manager", "/CN=system:kube-controller-manager", Use.CLIENT)
        serving = self.authority.issue("controller-manager-serving", "/CN=localhost", Use.SERVER, [f"IP:{LOOPBACK}"])
        kubeconfig = self.authority.kubeconfig("controller-manager", self.address, client)
        arguments = (
            program,
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={self.manager_port}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--controllers={','.join(controllers)}",
            f"--root-ca-file={self.authority.pair.certificate}",
            f"--service-account-private-key-file={self.folder / 'pki' / 'service-accounts.key'}",
            f"--cluster-signing-cert-file={self.authority.pair.certificate}",
            f"--cluster-signing-key-file={self.authority.pair.key}",
        )
        health = f"https://{LOOPBACK}:{self.manager_port}/healthz"
        return Server(f"{self.name}/kube-controller-manager", arguments, lambda: _answers(health, self.context))

    def cluster(self, kubectl: Path) -> Cluster:
        kubeconfig = self.authority.kubeconfig("admin", self.address, self.admin)
        return Cluster(
            name=self.name,
            folder=self.folder,
            address=self.address,
            authority=self.authority,
            kubeconfig=kubeconfig,
            api=Api(LOOPBACK, self.port, self.context),
            kubectl=Kubectl(kubectl, kubeconfig, self.folder),
        )


def _answers(address: str, context: ssl.SSLContext | None) -> bool:
    """Whether a health endpoint says yes; raises ``OSError`` where nobody listens yet."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with direct.open(address, timeout=_PROBE_LIMIT) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
