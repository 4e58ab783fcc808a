"""EmulatorClient: the control plane in Python, for tests, scripts and the command line.

    with EmulatorClient("http://127.0.0.1:8080") as emulator:
        emulator.reset()
        sim = emulator.sim("8988228066600000003").attach()
        sim.send_mo("hello")
        emulator.clock.advance(hours=3)
        emulator.verify(direction="outbound", body={"payload": "hello"})

Answers are frozen values, which keep the JSON that they were read from in ``json``. ``call`` sends any request.
"""

from operator_emulator.client.clock import Clock as Clock
from operator_emulator.client.connection import DEFAULT_URL as DEFAULT_URL
from operator_emulator.client.credentials import Credentials as Credentials
from operator_emulator.client.credentials import Token as Token
from operator_emulator.client.data_streams import DataStreams as DataStreams
from operator_emulator.client.emulator import EmulatorClient as EmulatorClient
from operator_emulator.client.emulator import Kind as Kind
from operator_emulator.client.errors import EmulatorError as EmulatorError
from operator_emulator.client.errors import NotVerified as NotVerified
from operator_emulator.client.errors import Refused as Refused
from operator_emulator.client.errors import TimedOut as TimedOut
from operator_emulator.client.errors import Unreachable as Unreachable
from operator_emulator.client.faults import Faults as Faults
from operator_emulator.client.faults import Limits as Limits
from operator_emulator.client.organisations import Organisation as Organisation
from operator_emulator.client.organisations import Organisations as Organisations
from operator_emulator.client.sims import Sim as Sim
from operator_emulator.client.snapshots import Snapshots as Snapshots
from operator_emulator.client.values import Advanced as Advanced
from operator_emulator.client.values import Callback as Callback
from operator_emulator.client.values import Card as Card
from operator_emulator.client.values import Change as Change
from operator_emulator.client.values import DataStream as DataStream
from operator_emulator.client.values import Device as Device
from operator_emulator.client.values import Exchange as Exchange
from operator_emulator.client.values import Fault as Fault
from operator_emulator.client.values import FaultList as FaultList
from operator_emulator.client.values import Job as Job
from operator_emulator.client.values import Message as Message
from operator_emulator.client.values import Migration as Migration
from operator_emulator.client.values import Received as Received
from operator_emulator.client.values import Sent as Sent
from operator_emulator.client.values import SimEvent as SimEvent
from operator_emulator.client.values import Snapshot as Snapshot
from operator_emulator.client.values import Time as Time
from operator_emulator.client.values import Value as Value
from operator_emulator.client.values import World as World
