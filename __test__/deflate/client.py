"""Echoes messages over a line server, with compression and without: client.py PORT COMPRESSION SIZE...

COMPRESSION is `deflate`, `none`, or parameters of the offer such as `server_max_window_bits=10`. Prints the extensions
agreed on, then the size of each message that came back the same.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


def options(compression):
    if compression in ("deflate", "none"):
        return {"compression": "deflate" if compression == "deflate" else None}
    offer = {}
    for parameter in compression.split(","):
        name, _, value = parameter.partition("=")
        offer[name] = int(value) if value else True
    return {"compression": None, "extensions": [ClientPerMessageDeflateFactory(**offer)]}


async def main(port, compression, *sizes):
    async with connect(f"ws://127.0.0.1:{port}", max_size=None, proxy=None, **options(compression)) as socket:
        await socket.send('{"n":"_h","i":"h"}')
        await socket.recv()
        print(socket.response.headers.get("Sec-WebSocket-Extensions", ""))
        for size in map(int, sizes):
            payload = ("naïve café 0123456789 " * (size // 20 + 1))[:size]
            # In fragments, from two messages on.
            text = json.dumps({"n": "echo", "p": payload, "i": "1"})
            # Those of odd sizes in two fragments.
            await socket.send([text[: len(text) // 2], text[len(text) // 2 :]] if size % 2 else text)
            answer = json.loads(await socket.recv())
            assert answer == {"n": "_r", "p": payload, "i": "1", "e": None}, answer
            print(size)


asyncio.run(main(*sys.argv[1:]))
