"""Write what a block explorer wants to verify sources: standard JSON and constructor arguments."""

from __future__ import annotations

import json
from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand
from eth_abi.abi import encode

from bulkhead.cli import Session, friendly
from bulkhead.client.codec import package_abi
from bulkhead.client.parts import PARTS
from bulkhead.client.verify import config_of, params_of
from tools.compiler import Compiler
from tools.sources import Sources


@click.command(cls=ConnectedProviderCommand)
@click.option("--folder", type=click.Path(path_type=Path), default="out/explorer")
@friendly
def cli(folder):
    """For every contract and pair of deployments/<chain id>.json that is no blueprint (explorers do
    not know those), write NAME.json and NAME.txt: standard JSON of the Vyper compiler, and the
    constructor's arguments in hex.
    """
    session = Session()
    record, compiler = session.deployments, Compiler(Sources.here())
    factory = record.contract("VaultFactory")
    wanted = {}
    for part in PARTS:
        if not part.is_blueprint:
            entry = record.contracts[part.name]
            values = list(entry.arguments.values())
            arguments = encode(["address"] * len(values), values)
            wanted[part.name] = part.contract, entry.address, arguments
    for label, pair in record.pairs.items():
        name = label.replace("/", "-")
        of_vault = params_of(pair.params), int(pair.protocol_fee_share)
        arguments = package_abi("PairVault").encode_constructor(*of_vault)
        wanted[f"{name} vault"] = "PairVault", pair.vault, arguments
        arguments = package_abi("ChainlinkOracle").encode_constructor(config_of(pair.config))
        wanted[f"{name} oracle"] = "ChainlinkOracle", pair.oracle, arguments
    files = {path.stem: path for path in compiler.sources.deployables}
    place = folder / str(record.chain_id)
    place.mkdir(parents=True, exist_ok=True)
    for name, (contract, address, arguments) in wanted.items():
        standard = json.loads(compiler.run("solc_json", [files[contract]])[0])
        (place / f"{name}.json").write_text(json.dumps(standard, indent=1) + "\n")
        (place / f"{name}.txt").write_text(arguments.hex() + "\n")
        session.say(f"{address} {contract}, Vyper {compiler.version}: {place / name}.json")
    session.say(f"creator of vaults and oracles: {factory}")
