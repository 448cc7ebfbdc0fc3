package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var tags = noun{
	driver.ConversionTags, 2612511566392, parterre.ConversionTagNotFound, "Conversion tag could not be found.",
}

// ConversionTag reads a conversion tag of the ad account, or fails with [parterre.ConversionTagNotFound].
func (t *Tx) ConversionTag(account, id parterre.ID) (parterre.ConversionTag, error) {
	return load[parterre.ConversionTag](t, tags, account, id)
}

// TagOfAny reads a conversion tag of whichever ad account, or fails with [parterre.ConversionTagNotFound].
func (t *Tx) TagOfAny(id parterre.ID) (parterre.ConversionTag, error) {
	row, err := t.row(tags, id)
	if err != nil {
		return parterre.ConversionTag{}, err
	}
	return decode[parterre.ConversionTag](tags, row)
}

// ConversionTags lists the conversion tags of an ad account, and gives the id to continue after, 0 when there is no more.
func (t *Tx) ConversionTags(account parterre.ID, p Page) ([]parterre.ConversionTag, parterre.ID, error) {
	return list[parterre.ConversionTag](t, tags, account, p)
}

// CreateConversionTag writes a new conversion tag. It fills in the id, and the moment of creation when it is 0.
func (t *Tx) CreateConversionTag(c *parterre.ConversionTag) error {
	id, err := t.next(tags)
	if err != nil {
		return err
	}
	c.ID = id
	t.seconds(&c.Created)
	return t.save(t.put, tags, driver.Row{ID: id, Owner: c.AdAccount}, c)
}

// PutConversionTag writes a conversion tag in place of the stored one. It fails with [parterre.ConversionTagNotFound] when
// there is none in the ad account.
func (t *Tx) PutConversionTag(c *parterre.ConversionTag) error {
	return t.save(t.replace, tags, driver.Row{ID: c.ID, Owner: c.AdAccount}, c)
}
