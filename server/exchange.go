package server

import (
	"context"
	"errors"
)

// exchange is one request on its way through the library: what its handler and
// its dispatcher have to tell each other past it.
type exchange struct {
	uri     string   // of a resources/read, as the client wrote it
	refused *refusal // what the handler wants to have answered; nil is nothing
}

type exchangeKey struct{}

// exchangeOf is the exchange that ctx belongs to. Outside of any it is one that
// nobody looks at.
func exchangeOf(ctx context.Context) *exchange {
	if e, under := ctx.Value(exchangeKey{}).(*exchange); under {
		return e
	}
	return &exchange{}
}

// refuse has the request of ctx answered with an error of the protocol. The
// library knows one code for all that its handlers return.
func refuse(ctx context.Context, code int, text string, data any) error {
	exchangeOf(ctx).refused = &refusal{code: code, text: text, data: data}
	return errors.New(text)
}
