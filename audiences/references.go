package audiences

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/rule"
)

// checkReferences refuses a rule that names something which is not in the ad account; a seed may also be one that the ad
// account received. Self is the audience whose rule it
// is, 0 for one that is being created.
func checkReferences(tx *catalog.Tx, account, self parterre.ID, r *rule.Rule) error {
	switch {
	case r.List != nil:
		_, err := tx.CustomerList(account, r.List.ID)
		return absent(err, "rule.customer_list_id", r.List.ID, "a customer list")
	case r.Visitor != nil:
		for _, id := range r.Visitor.Tags {
			_, err := tx.ConversionTag(account, id)
			if err := absent(err, "rule.visitor_source_id", id, "a conversion tag"); err != nil {
				return err
			}
		}
	case r.ActAlike != nil:
		for _, id := range r.ActAlike.Seeds {
			if err := checkSeed(tx, account, self, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkSeed(tx *catalog.Tx, account, self, id parterre.ID) error {
	const field = "rule.seed_id"
	if id == self && self != 0 {
		return parterre.Invalid(field, "'%s' %s is the audience itself: an audience cannot be its own seed", field, id)
	}
	seed, err := tx.VisibleAudience(account, id)
	if err := absent(err, field, id, "an audience"); err != nil {
		return err
	}
	if seed.Type == parterre.ActAlikeAudience {
		return parterre.Invalid(field, "'%s' %s is of type ACTALIKE: a seed must be of type CUSTOMER_LIST, VISITOR or ENGAGEMENT",
			field, id)
	}
	return nil
}

// absent turns the error for a record that is not there into one about the rule that names it. Whether it does not exist
// or belongs to another ad account is nobody's business.
func absent(err error, field string, id parterre.ID, what string) error {
	switch parterre.CodeOf(err) {
	case parterre.AudienceNotFound, parterre.CustomerListNotFound, parterre.ConversionTagNotFound:
		return parterre.Invalid(field, "'%s' %s does not exist: it must be the id of %s of this ad account", field, id, what)
	default:
		return err
	}
}
