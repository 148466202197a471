# Orders lose their prices.
class ChangeOrders < ActiveRecord::Migration[7.1]
  disable_ddl_transaction!

  class Order < ActiveRecord::Base
    self.table_name = "orders"
  end

  OLD = %i[price state].freeze

  def up
    add_column :orders, :total, :bigint, null: false
    rename_column :orders, :number, :reference
    change_column :orders, :reference, :string, limit: 20
    change_column_null :orders, :total, true
    change_column_default :orders, :total, from: nil, to: 1
    safety_assured { OLD.each { |column| remove_column :orders, column } }
    change_table :orders, bulk: true do |t|
      t.remove :tags
      t.string :channel, :region
      t.rename :region, :area
    end
    execute <<~SQL.squish
      UPDATE orders SET total = 2 WHERE id > 5
    SQL
    Order.where(total: nil).find_each { |order| order.update!(total: 0) }
    reversible do |dir|
      dir.up { drop_table :drafts if table_exists?(:drafts) }
      dir.down { create_table :drafts }
    end
    remove_index :orders, name: "index_orders_on_number"
    execute("SELECT #{Settings.cleanup}")
  end

  def down
    drop_table :orders
  end
end
