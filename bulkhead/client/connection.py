"""From a node's address and a deployments file to its pairs."""

from __future__ import annotations

from pathlib import Path

from bulkhead.client.deployments import FOLDER, Deployments
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair
from bulkhead.client.signing import Signer
from bulkhead.client.wallet import Wallet
from bulkhead.exceptions import NotDeployed


class Client:
    """A network with Bulkhead on it."""

    def __init__(self, node: Node, deployments: Deployments) -> None:
        self.node, self.deployments = node, deployments

    @property
    def labels(self) -> list[str]:
        """Of the pairs that the deployments file knows."""
        return list(self.deployments.pairs)

    def pair(self, label: str | None = None) -> Pair:
        """To read from; without a label the only one there is."""
        return Pair(self.node, *self.deployments.pair(label))

    def wallet(self, signer: Signer, label: str | None = None) -> Wallet:
        """To send with."""
        return Wallet(self.pair(label), signer)


def connect(uri: str, deployments: str | Path = FOLDER) -> Client:
    """The network of the node at `uri`, by a file `<chain id>.json` or the folder it is in.

    Raises NodeError where the node does not answer, InvalidInput where the file is damaged, and
    NotDeployed where it is of another chain or not there.
    """
    node, path = Node(uri), Path(deployments)
    folder = path.parent if path.suffix == ".json" else path
    found = Deployments.open(node, folder)
    if not found.pairs or (folder != path and found.path != path):
        raise NotDeployed(
            f"{path} has no pairs of chain {found.chain_id}",
            f"Get {found.path.name} of this network, or deploy and create a pair.",
        )
    return Client(node, found)
