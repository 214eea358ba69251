"""The messages of ABCI 2.0 as classes of protobuf's C core (upb), named as in abci.proto.

Their types are in messages.pyi. Both come from the same proto file: spec/make_messages.py.
"""

from importlib import resources

from google.protobuf import descriptor_pool, duration_pb2, timestamp_pb2
from google.protobuf.internal import builder

# The proto file imports these two; they must be in the pool before it.
assert duration_pb2.DESCRIPTOR
assert timestamp_pb2.DESCRIPTOR

DESCRIPTOR = descriptor_pool.Default().AddSerializedFile(
    resources.files("nagara.chain.abci").joinpath("abci.binpb").read_bytes()
)
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, __name__, globals())
