"""Runs cases of the Autobahn test suite against a WebSocket server that echoes.

    suite.py PACKAGE URL PATTERN...

PACKAGE is the folder `autobahntestsuite` as pip has installed it. Prints one line of JSON for each case as it
ends. Patterns are those of cases.py. Exits with 2 when the server cannot be reached.
"""

import json
import os
import sys
import time
import warnings

warnings.filterwarnings("ignore")

from twisted.internet import reactor

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS

import cases
from bytestrings import to_bytes, to_text

# Attempts to connect before the server is given up.
ATTEMPTS = 20


class Peer(WebSocketClientProtocol):
    """The client of one case, and what the case expects to find in it."""

    connectionWasOpen = False
    createWirelog = False

    def connectionMade(self):
        self.txFrameStats = {}
        self.began = time.time()
        self.run = self.case(self)
        super().connectionMade()

    def onOpen(self):
        self.connectionWasOpen = True
        self.factory.attempts = 0
        self.began = time.time()
        self.run.onOpen()

    def onMessage(self, payload, isBinary):
        # The cases of compression work on real bytes.
        takes_bytes = hasattr(self.run, "TESTDATA")
        self.run.onMessage(payload if takes_bytes else to_text(payload), isBinary)

    def onPing(self, payload):
        self.run.onPing(to_text(payload))
        super().onPing(payload)

    def onPong(self, payload):
        self.run.onPong(to_text(payload))

    def onClose(self, wasClean, code, reason):
        self.run.onClose(wasClean, code, reason)

    def connectionLost(self, reason):
        super().connectionLost(reason)
        self.run.onConnectionLost(self.failedByMe)
        self.factory.ended(self)

    # What a case calls.

    def enableWirelog(self, enable):
        """There is none."""

    def unlessClosed(self, do, *args):
        if self.state != self.STATE_CLOSED:
            do(*args)

    def continueLater(self, delay, fun, tag=None):
        reactor.callLater(delay, self.unlessClosed, fun)

    def killAfter(self, delay):
        reactor.callLater(delay, self.unlessClosed, self.failConnection)

    def closeAfter(self, delay):
        reactor.callLater(delay, self.unlessClosed, self.sendClose)

    # Byte strings become bytes.

    def sendFrame(
        self, opcode, payload=b"", fin=True, rsv=0, mask=None, payload_len=None, chopsize=None, sync=False
    ):
        payload = to_bytes(payload)
        if payload_len is not None:
            repeats, rest = divmod(payload_len, len(payload))
            payload = payload * repeats + payload[:rest]
        super().sendFrame(opcode, payload, fin, rsv, to_bytes(mask), None, chopsize, sync)

    def sendMessage(self, payload, *args, **named):
        super().sendMessage(to_bytes(payload), *args, **named)

    def sendMessageFrameData(self, payload, *args, **named):
        return super().sendMessageFrameData(to_bytes(payload), *args, **named)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        super().sendCloseFrame(code, to_bytes(reasonUtf8), isReply)

    # Case 10.1.1 counts the frames that were sent.

    def logTxFrame(self, header, *args):
        self.txFrameStats[header.opcode] = self.txFrameStats.get(header.opcode, 0) + 1


class Factory(WebSocketClientFactory):
    """Runs one case after the other."""

    def __init__(self, url, chosen):
        super().__init__(url)
        self.setProtocolOptions(failByDrop=False)
        self.logFrames = True
        self.left = list(chosen)
        self.attempts = 0

    def buildProtocol(self, addr):
        peer = Peer()
        peer.factory = self
        peer.id, peer.case = self.left[0]
        return peer

    def ended(self, peer):
        run = peer.run
        result = {
            "id": peer.id,
            "behavior": run.behavior,
            "close": run.behaviorClose,
            "result": run.result,
            "resultClose": run.resultClose,
            "ms": round(1000 * (time.time() - peer.began)),
        }
        print(json.dumps(result), flush=True)
        self.left.pop(0)

    def clientConnectionLost(self, connector, reason):
        if self.left:
            connector.connect()
        else:
            reactor.stop()

    def clientConnectionFailed(self, connector, reason):
        self.attempts += 1
        if self.attempts > ATTEMPTS:
            print(f"cannot connect: {reason.getErrorMessage()}", file=sys.stderr)
            sys.stdout.flush()
            os._exit(2)
        reactor.callLater(0.25, connector.connect)


def main(package, url, *patterns):
    classes = cases.load(package)
    chosen = cases.choose(list(classes), patterns)
    connectWS(Factory(url, [(one, classes[one]) for one in chosen]))
    reactor.run()


main(*sys.argv[1:])
