// Package tokens counts what a text costs a model. It works offline: the
// vocabulary is part of a library. Only tests and generators of documents use it.
package tokens

import (
	"fmt"
	"sync"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
)

// Count returns how many tokens of the o200k vocabulary a text takes. The
// vocabularies of other models differ by a tenth or so, which matters little to
// the budgets that are kept with it. The error is a fault of the library.
func Count(text string) (int, error) {
	encoding, err := vocabulary()
	if err != nil {
		return 0, fmt.Errorf("load the o200k vocabulary: %w", err)
	}
	return len(encoding.EncodeOrdinary(text)), nil
}

// vocabulary comes with the program: the library's own way is to download it.
var vocabulary = sync.OnceValues(func() (*tiktoken.Tiktoken, error) {
	tiktoken.SetBpeLoader(loader.NewOfflineLoader())
	return tiktoken.GetEncoding(tiktoken.MODEL_O200K_BASE)
})
