// Package tokens counts what a text costs a model. It works offline: the
// vocabulary is part of a library. Only tests and generators of documents use it.
package tokens

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer"
)

// Count returns how many tokens of the o200k vocabulary a text takes. The
// vocabularies of other models differ by a tenth or so, which matters little to
// the budgets that are kept with it. The error is a fault of the library.
func Count(text string) (int, error) {
	codec, err := vocabulary()
	if err != nil {
		return 0, fmt.Errorf("load the o200k vocabulary: %w", err)
	}
	return codec.Count(text)
}

var vocabulary = sync.OnceValues(func() (tokenizer.Codec, error) { return tokenizer.Get(tokenizer.O200kBase) })
