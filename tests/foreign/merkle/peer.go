// Answers questions about Merkle trees with the libraries of other hands.
// In: one JSON object of questions on standard input. Out: one of answers. All bytes are hex.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"

	"github.com/celestiaorg/smt"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
)

type word []byte

func (w word) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(w)) }

func (w *word) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	made, err := hex.DecodeString(text)
	*w = made
	return err
}

type inclusion struct {
	Index, Size uint64
	Leaf, Root  word
	Path        []word
}

type consistency struct {
	Older, Newer         uint64
	OlderRoot, NewerRoot word
	Path                 []word
}

type state struct {
	Root, Key, Value, Other word
	Siblings                []word // from the root downwards
}

type questions struct {
	Inclusions    []inclusion
	Consistencies []consistency
	Changes       [][2]word // key and value; an empty value removes
	States        []state
}

type answers struct {
	LogEntries, LogRoots      []word
	Inclusions, Consistencies []bool
	StateRoots                []word
	States                    []bool
}

func plain(words []word) [][]byte {
	made := make([][]byte, len(words))
	for at, one := range words {
		made[at] = one
	}
	return made
}

func words(plain [][]byte) []word {
	made := make([]word, len(plain))
	for at, one := range plain {
		made[at] = one
	}
	return made
}

func (asked state) holds() bool {
	upwards := make([][]byte, 0, len(asked.Siblings))
	for at := len(asked.Siblings) - 1; at >= 0; at-- {
		upwards = append(upwards, asked.Siblings[at])
	}
	told := smt.SparseMerkleProof{SideNodes: upwards}
	if len(asked.Other) > 0 {
		told.NonMembershipLeafData = append([]byte{0}, asked.Other...)
	}
	return smt.VerifyProof(told, asked.Root, asked.Key, asked.Value, sha256.New())
}

func main() {
	var asked questions
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	said := answers{LogEntries: words(testonly.LeafInputs()), LogRoots: words(testonly.RootHashes())}
	hasher := rfc6962.DefaultHasher
	for _, one := range asked.Inclusions {
		err := proof.VerifyInclusion(hasher, one.Index, one.Size, one.Leaf, plain(one.Path), one.Root)
		said.Inclusions = append(said.Inclusions, err == nil)
	}
	for _, one := range asked.Consistencies {
		err := proof.VerifyConsistency(
			hasher, one.Older, one.Newer, plain(one.Path), one.OlderRoot, one.NewerRoot)
		said.Consistencies = append(said.Consistencies, err == nil)
	}
	tree := smt.NewSparseMerkleTree(smt.NewSimpleMap(), smt.NewSimpleMap(), sha256.New())
	for _, change := range asked.Changes {
		if _, err := tree.Update(change[0], change[1]); err != nil {
			panic(err)
		}
		said.StateRoots = append(said.StateRoots, append(word{}, tree.Root()...))
	}
	for _, one := range asked.States {
		said.States = append(said.States, one.holds())
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		panic(err)
	}
}
