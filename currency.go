package parterre

import "slices"

// Currencies are those that an ad account and event data may name (contract, Currency).
var Currencies = []string{
	"UNK", "USD", "GBP", "CAD", "EUR", "AUD", "NZD", "SEK", "ILS", "CHF", "HKD", "JPY", "SGD", "KRW", "NOK", "DKK", "PLN",
	"RON", "HUF", "CZK", "BRL", "MXN", "ARS", "CLP", "COP", "INR", "TRY",
}

// ParseCurrency reads a currency as it stands on the wire.
func ParseCurrency(field, s string) (string, error) {
	if !slices.Contains(Currencies, s) {
		return "", Invalid(field, "%s is not one of %s ('%s')", Quote(s), oneOf(Currencies), field)
	}
	return s, nil
}
