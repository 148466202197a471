class CreateOrders < ActiveRecord::Migration[7.1]
  def change
    create_enum :order_state, %w[open paid]
    create_table :orders do |t|
      t.string :number, limit: 40, null: false, index: { unique: true }
      t.references :customer, null: false, foreign_key: true
      t.belongs_to :subject, polymorphic: true
      t.decimal :price, precision: 8, scale: 2, default: 0
      t.enum :state, enum_type: "order_state", default: "open"
      t.text :tags, array: true
      t.timestamps
      t.index [:customer_id, :state]
    end
  end
end
