"""A Safe of one owner, as @safe-global/safe-contracts@1.4.1 or safe-smart-account@1.5.0 ship it."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.client.codec import Abi, checksum
from bulkhead.client.node import Node, Receipt
from tests.forked.testnet import OWNER, ZERO, artifact, deploy


@dataclass(frozen=True)
class Safe:
    """The proxy that holds everything; OWNER is its only owner."""

    node: Node
    address: str
    abi: Abi

    def execute(self, to: str, data: str) -> Receipt:
        """A call of the Safe's, which its owner sends: a signature of v = 1 approves by sender."""
        signature = bytes(12) + bytes.fromhex(OWNER[2:]) + bytes(32) + b"\x01"
        arguments = to, 0, bytes.fromhex(data[2:]), 0, 0, 0, 0, ZERO, ZERO, signature
        return self.node.send(OWNER, self.address, self.abi.encode("execTransaction", *arguments))


def deploy_safe(node: Node, package: str) -> Safe:
    singleton = artifact(package, "Safe")
    handler = deploy(node, artifact(package, "CompatibilityFallbackHandler").init_code())
    at = deploy(node, singleton.init_code())
    factory = artifact(package, "SafeProxyFactory")
    of = deploy(node, factory.init_code())
    setup = singleton.abi.encode("setup", [OWNER], 1, ZERO, b"", handler, ZERO, 0, ZERO)
    create = factory.abi.encode("createProxyWithNonce", at, bytes.fromhex(setup[2:]), 0)
    call = {"from": OWNER, "to": of, "data": create}
    address = checksum("0x" + node.request("eth_call", call, "latest")[-40:])
    node.send(OWNER, of, create)
    return Safe(node, address, singleton.abi)
