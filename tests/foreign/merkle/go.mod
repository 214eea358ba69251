module nagara/foreign/merkle

go 1.22

require (
	github.com/celestiaorg/smt v0.3.0
	github.com/transparency-dev/merkle v0.0.2
)
