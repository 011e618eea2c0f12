"""A Modbus server by pymodbus, which has nothing in common with the gateway's client: TCP on loopback, or RTU on a serial port.

modbus.py tcp PORT | modbus.py rtu PATH
"""

import asyncio
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer

try:
    from pymodbus.transaction import ModbusRtuFramer
except ImportError:
    from pymodbus.framer.rtu_framer import ModbusRtuFramer

low, high = reversed(struct.unpack(">HH", struct.pack(">f", 21.5)))
inputs = [812, 65486, 0, 215, *struct.unpack(">HH", struct.pack(">f", 44.25)), low, high, *struct.unpack(">HH", struct.pack(">I", 101325))]
holding = [0, 0, 0, 0, 0, 640]
slave = ModbusSlaveContext(
    ir=ModbusSequentialDataBlock(0, inputs), hr=ModbusSequentialDataBlock(0, holding), zero_mode=True
)
other = ModbusSlaveContext(ir=ModbusSequentialDataBlock(0, [640]), zero_mode=True)
context = ModbusServerContext(slaves={7: slave, 8: other}, single=False)


async def main() -> None:
    kind, place = sys.argv[1:]
    if kind == "tcp":
        await StartAsyncTcpServer(context=context, address=("127.0.0.1", int(place)), allow_reuse_address=True)
    else:
        await StartAsyncSerialServer(context=context, framer=ModbusRtuFramer, port=place, baudrate=9600, timeout=1)


asyncio.run(main())
